export { placeOf, type Secret, secretSchema, withoutSecrets } from '#schemas'
